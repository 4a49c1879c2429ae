type Environment = { readonly [variable: string]: string | undefined };

/** What `npm start` sets for itself. */
const OF_START = new Set(['NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_']);

const isOurs = (variable: string): boolean =>
  variable.startsWith('PEREGRINE_SECRET_') || OF_START.has(variable);

/** What programs of the user inherit: neither secrets, nor how `npm start` runs Node. */
export const inherited = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([variable]) => !isOurs(variable)));
