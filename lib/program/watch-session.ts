import { type ChildProcess, spawn } from 'node:child_process';

/** Keeps the ids of sessions, those of its arguments first, and kills all that is in them when its standard input ends:
 *  with the process that started it, however that died. First their leaders' groups, as dash, bash and BusyBox alike
 *  name them, then, where there is /proc, what has a group of its own, until nothing is found that lives. No signal
 *  but SIGKILL reaches it before. */
const SCRIPT = `exec 2>/dev/null
trap '' HUP INT TERM QUIT
ids=" $* "
while read -r what id; do
  case $what in
    start) ids="$ids$id " ;;
    end) ids="\${ids%% $id *} \${ids#* $id }" ;;
  esac
done
case $ids in *[0-9]*) ;; *) exit ;; esac
for id in $ids; do kill -9 "-$id"; done
for sweep in 1 2 3 4 5; do
  found=
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    set -- \${line##*) }
    case "$1 $ids" in
      Z*) ;;
      *" $4 "*) found=1; pid=\${stat#/proc/}; kill -9 "\${pid%/stat}" ;;
    esac
  done
  [ "$found" ] || exit
done`;

/** A watcher that does not read is replaced. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** In the life of this process: where none can live, they are not started without end. */
const MAX_WATCHERS = 100;

const watched = new Set<number>();
/** One for this process, from its first program on: 1 MB, and nothing to do while programs run. */
let watcher: ChildProcess | null = null;
let started = 0;

const replace = (): void => {
  watcher = null;
  if (watched.size === 0 || started === MAX_WATCHERS) return;
  let child: ChildProcess;
  try {
    child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...Array.from(watched, String)], {
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  } catch {
    return;
  }
  watcher = child;
  if (child.pid !== undefined) started += 1;
  child.on('error', error => {
    if ('code' in error && error.code === 'ENOENT') started = MAX_WATCHERS;
  });
  child.stdin?.on('error', () => {});
  child.once('exit', () => {
    if (watcher === child) replace();
  });
  // It does not keep this process alive.
  child.unref();
  (child.stdin as unknown as { readonly unref?: () => void } | null)?.unref?.();
};

const hasWatcher = (): boolean =>
  watcher?.pid !== undefined && (watcher.stdin?.writableLength ?? 0) < MAX_UNREAD_BYTES;

const update = (what: 'start' | 'end', id: number): void => {
  if (hasWatcher()) return void watcher?.stdin?.write(`${what} ${id}\n`);
  // Its death would end its standard input all the same: it must not come to kill.
  watcher?.kill('SIGKILL');
  replace();
};

/** All that is in the session of this leader is killed when this process dies, until the returned function is called: at
 *  the leader's end. What has made a session of its own is out of reach. */
export const watchSession = (leader: number): (() => void) => {
  watched.add(leader);
  update('start', leader);
  return () => {
    if (watched.delete(leader)) update('end', leader);
  };
};
