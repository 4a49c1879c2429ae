import { type ChildProcess, spawn } from 'node:child_process';

/** Keeps the ids of process groups that it is told of, and kills those that are left when its standard input ends: with
 *  the process that started it, however that died. It has a session of its own, and no signal reaches it before. (`kill -9 -ID` is how dash,
 *  bash and BusyBox alike name a group.) */
const SCRIPT = `trap '' HUP INT TERM QUIT
groups=' '
while read -r what id; do
  case $what in
    start) groups="$groups$id " ;;
    end) groups="\${groups%% $id *} \${groups#* $id }" ;;
  esac
done
for id in $groups; do kill -9 "-$id"; done 2>/dev/null`;

/** One for this process, from its first program on: 1 MB, and nothing to do while programs run. null: there is none, or it
 *  has died. */
let watcher: ChildProcess | null = null;

const startWatcher = (): ChildProcess => {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = (): void => {
    if (watcher === child) watcher = null;
  };
  child.on('error', gone);
  child.once('exit', gone);
  child.stdin?.on('error', gone);
  // It does not keep this process alive.
  child.unref();
  (child.stdin as unknown as { readonly unref?: () => void } | null)?.unref?.();
  return child;
};

const tell = (what: 'start' | 'end', id: number): void => {
  watcher?.stdin?.write(`${what} ${id}\n`);
};

/** The group is killed when this process dies, until the returned function is called: at the end of the group. */
export const watchGroup = (id: number): (() => void) => {
  watcher ??= startWatcher();
  tell('start', id);
  return () => tell('end', id);
};
