const ENDPOINTS_A_FILE = 1000;

/** Files of so many endpoints each, as YAML: `defaults` of the folder, then one entry an endpoint. */
export const manyFiles = (
  defaults: string,
  count: number,
  entry: (at: number) => string,
): { readonly [name: string]: string } => {
  const files: { [name: string]: string } = { 'defaults.yml': `defaults:\n${defaults}\n` };
  for (let from = 0; from < count; from += ENDPOINTS_A_FILE) {
    const length = Math.min(ENDPOINTS_A_FILE, count - from);
    files[`endpoints-${from}.yml`] = Array.from({ length }, (_, at) => entry(from + at)).join('\n');
  }
  return files;
};

/** The format lets one target take 1,000 a second: many share the work of a storm. */
const PAGERS = 20;

export const pagerOf = (at: number): string => `pager-${at % PAGERS}`;

export const pagersFile = (webhook: string): { readonly [name: string]: string } => ({
  'targets.yml': [
    'targets:',
    ...Array.from(
      { length: PAGERS },
      (_, at) => `  ${pagerOf(at)}: { post_endpoint: "${webhook}", max_per_second: 1000 }`,
    ),
  ].join('\n'),
});
