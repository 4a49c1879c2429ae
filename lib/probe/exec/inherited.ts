type Environment = { readonly [variable: string]: string | undefined };

/** What `npm start` sets for itself. */
const OF_START: Environment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  NODE_COMPILE_CACHE: 'node_modules/.cache/peregrine',
};

const isOurs = ([variable, value]: readonly [string, string | undefined]): boolean =>
  variable.startsWith('PEREGRINE_SECRET_') || (value !== undefined && OF_START[variable] === value);

/** What programs of the user inherit: neither secrets, nor how `npm start` runs Node. */
export const inherited = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(entry => !isOurs(entry)));
