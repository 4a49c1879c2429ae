/** On GitHub, or null: the file in the repository at hand. */
export type RunbookPlace = { readonly repository: string; readonly branch: string } | null;

const RUNBOOK = 'docs/runbook.md';

/** Link to a section of the runbook, or to its beginning. */
export const runbookLink = (place: RunbookPlace, section = ''): string => {
  const file =
    place === null ? RUNBOOK : `https://github.com/${place.repository}/blob/${place.branch}/${RUNBOOK}`;
  return section === '' ? file : `${file}#${section}`;
};
