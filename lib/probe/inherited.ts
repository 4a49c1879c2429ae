type Environment = { readonly [variable: string]: string | undefined };

const isOurs = (variable: string): boolean =>
  variable.startsWith('PEREGRINE_SECRET_') || variable === 'NODE_COMPILE_CACHE';

/** What programs of the user inherit: neither secrets, nor where `npm start` keeps its compiled code. */
export const inherited = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([variable]) => !isOurs(variable)));
