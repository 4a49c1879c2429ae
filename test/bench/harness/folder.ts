import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs with a folder of files by name, and room beside them for data; both are gone afterwards. */
export const withFolder = async <T>(
  files: { readonly [name: string]: string },
  use: (folders: { readonly endpoints: string; readonly data: string }) => Promise<T>,
): Promise<T> => {
  const endpoints = await mkdtemp(join(tmpdir(), 'peregrine-bench-'));
  const data = await mkdtemp(join(tmpdir(), 'peregrine-bench-data-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(endpoints, name), text);
    return await use({ endpoints, data });
  } finally {
    await rm(endpoints, { recursive: true, force: true });
    await rm(data, { recursive: true, force: true });
  }
};
