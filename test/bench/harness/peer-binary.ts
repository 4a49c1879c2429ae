import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Context } from '../benchmark.ts';
import type { Peer } from '../peers/peer.ts';

/** Not in the repository: what is there is built once. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/peers', import.meta.url));
const BUILDS_WITHIN_MS = 15 * 60_000;

export type Binary =
  | { readonly kind: 'there'; readonly path: string }
  | { readonly kind: 'not-to-be-had'; readonly why: string };

/** As a user's own module would require it: `go install` also asks which versions there are, which not every module
 *  proxy tells. */
const build = async (
  { signal }: Context,
  { module, version, package: main }: Peer,
  path: string,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'peregrine-bench-go-'));
  try {
    await mkdir(CACHE, { recursive: true });
    await writeFile(join(folder, 'go.mod'), `module bench\n\ngo 1.24\n\nrequire ${module} ${version}\n`);
    const args = ['-n', '10', 'go', 'build', '-mod=mod', '-o', path, main];
    await promisify(execFile)('nice', args, { cwd: folder, timeout: BUILDS_WITHIN_MS, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Built with Go where it was not yet, on the PATH otherwise. */
export const binaryOf = async (context: Context, peer: Peer): Promise<Binary> => {
  const program = basename(peer.package).replace(/^v\d+$/, 'gatus');
  const cached = join(CACHE, program);
  if (existsSync(cached)) return { kind: 'there', path: cached };
  const onPath = spawnSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).stdout.trim();
  if (onPath !== '') return { kind: 'there', path: onPath };
  if (spawnSync('go', ['version']).status !== 0)
    return { kind: 'not-to-be-had', why: `${program} is not on the PATH, and there is no Go to build it` };
  context.progress(`peers: building ${peer.module}@${peer.version}`);
  try {
    await build(context, peer, cached);
    return { kind: 'there', path: cached };
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { readonly stderr?: string };
    const said = stderr.trim().split('\n').at(-1) || message;
    return { kind: 'not-to-be-had', why: `${peer.module}@${peer.version} cannot be built: ${said.trim()}` };
  }
};
