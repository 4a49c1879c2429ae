import type { Config } from '../domain/config.ts';
import { neededSecrets, shellQuoted } from '../plan/needed-secrets.ts';

/** The secrets that must exist before a deployment, each with who uses it and how to make it. Empty: none. */
export const secretList = (config: Config): readonly string[] => {
  const needed = neededSecrets(config);
  if (needed.length === 0) return [];
  return [
    `${needed.length === 1 ? 'This secret' : `These ${needed.length} secrets`} must exist in Secrets Manager before the deployment:`,
    ...needed.flatMap(({ name, usedBy }) => [
      `  ${name}: ${usedBy.join(', ')}`,
      `    read -rs VALUE && aws secretsmanager create-secret --name ${shellQuoted(name)} --secret-string "$VALUE"`,
    ]),
  ];
};
