import type { Config } from '../domain/config.ts';
import { secretUses } from '../domain/secret-uses.ts';

/** The secrets that must exist before a deployment, each with who uses it and how to make it. Empty: none. */
export const secretList = (config: Config): readonly string[] => {
  const users = new Map<string, string[]>();
  for (const { secret, usedBy } of secretUses(config))
    users.set(secret, [...(users.get(secret) ?? []), usedBy]);
  if (users.size === 0) return [];
  return [
    `${users.size === 1 ? 'This secret' : `These ${users.size} secrets`} must exist in Secrets Manager before the deployment:`,
    ...[...users]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([secret, usedBy]) => [
        `  ${secret}: ${usedBy.join(', ')}`,
        `    read -rs VALUE && aws secretsmanager create-secret --name ${secret} --secret-string "$VALUE"`,
      ]),
  ];
};
