import type { EndpointsFile, World } from './world.ts';

type Keys = { readonly [key: string]: unknown };

const EVERYTHING = ['fail', 'ok', 'unknown', 'initial', 'reminder'];
const MOST_PER_SECOND = 1000;

/** Endpoints of one behaviour, `up0` to `up19`, with the same keys. */
export const many = (
  { service }: Pick<World, 'service'>,
  count: number,
  behaviour: string,
  keys: Keys,
  name = behaviour.replace(/\W/g, '').toLowerCase(),
): EndpointsFile =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => `${name}${at}`).map(id => [
      id,
      { scheme: 'http', url: service(behaviour, id), ...keys },
    ]),
  );

/** Targets that hear of everything, as quickly as the format lets them. */
export const targets = (
  { receiver }: Pick<World, 'receiver'>,
  ...names: readonly string[]
): EndpointsFile => ({
  targets: Object.fromEntries(
    names.map(name => [
      name,
      { post_endpoint: receiver(name), on: EVERYTHING, max_per_second: MOST_PER_SECOND },
    ]),
  ),
});
