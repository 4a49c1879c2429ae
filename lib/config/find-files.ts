import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_DEPTH = 32;

const isHidden = ({ name }: Dirent) => name.startsWith('.');

/** What a link leads to; a link to nothing is taken for a file, whose reading then says what is wrong. */
const isFolder = async (entry: Dirent, path: string): Promise<boolean> => {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
};

export type Found = {
  /** Sorted. */
  readonly files: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly error: unknown }[];
};

/** Every `*.yml` and `*.yaml` below a folder; hidden files and folders are left out. A folder that is reached
 *  twice, through links, counts once. */
export const findFiles = async (root: string): Promise<Found> => {
  const visited = new Set<string>();
  const files: string[] = [];
  const unreadable: { readonly path: string; readonly error: unknown }[] = [];
  const search = async (folder: string, depth: number): Promise<void> => {
    const real = await realpath(folder);
    if (visited.has(real) || depth > MAX_DEPTH) return;
    visited.add(real);
    const entries = (await readdir(folder, { withFileTypes: true })).filter(entry => !isHidden(entry));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (await isFolder(entry, path))
        await search(path, depth + 1).catch((error: unknown) => unreadable.push({ path, error }));
      else if (/\.ya?ml$/.test(entry.name)) files.push(path);
    }
  };
  await search(root, 1);
  return { files: files.sort(), unreadable };
};
