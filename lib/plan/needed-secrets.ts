import type { Config } from '../domain/config.ts';
import { secretUses } from '../domain/secret-uses.ts';

export type NeededSecret = {
  readonly name: string;
  /** `target "datadog" (endpoints/x.yml:3)` */
  readonly usedBy: readonly string[];
  /** For a shell. */
  readonly createCommand: string;
  readonly restoreCommand: string;
};

export const shellQuoted = (text: string): string =>
  /^[\w./+=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The secrets that must be in Secrets Manager before a deployment, by name. */
export const neededSecrets = (config: Config): readonly NeededSecret[] => {
  const users = new Map<string, readonly string[]>();
  for (const { secret, usedBy } of secretUses(config))
    users.set(secret, [...(users.get(secret) ?? []), usedBy]);
  return [...users]
    .map(([name, usedBy]) => ({
      name,
      usedBy,
      createCommand: `aws secretsmanager create-secret --name ${shellQuoted(name)} --secret-string '…'`,
      restoreCommand: `aws secretsmanager restore-secret --secret-id ${shellQuoted(name)}`,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
};
