/** What the stack tells the functions. */
export type Environment = {
  readonly stage: string;
  readonly table: string;
  readonly bus: string;
  readonly region: string;
};

type Variables = { readonly [name: string]: string | undefined };

/** Throws with the names of all that are missing. */
export const readEnvironment = (variables: Variables): Environment => {
  const missing: string[] = [];
  const read = (name: string): string => {
    const value = variables[name];
    if (!value) missing.push(name);
    return value ?? '';
  };
  const environment = {
    stage: read('PEREGRINE_STAGE'),
    table: read('PEREGRINE_TABLE'),
    bus: read('PEREGRINE_BUS'),
    region: read('AWS_REGION'),
  };
  if (missing.length > 0) throw new Error(`the function's environment lacks ${missing.join(', ')}`);
  return environment;
};

const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** For programs under check: they do not get the rights of the function. */
export const withoutCredentials = (variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !CREDENTIALS.includes(name)));
