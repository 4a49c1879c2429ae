import { type Draft, error, type Path } from '../problem/place.ts';
import type { EndpointKeys } from '../schema/endpoint-schema.ts';
import { alternatives } from './inherit.ts';

/** An endpoint as it stands in a file, with the defaults that reach it. */
export type Definition = {
  readonly name: string;
  /** Where its keys stand in the file. */
  readonly path: Path;
  readonly source: string;
  readonly own: EndpointKeys;
  readonly defaults: EndpointKeys;
};

/** Two keys of one map that say different things about the same. */
export const conflicts = (own: EndpointKeys, path: Path): readonly Draft[] =>
  alternatives.flatMap(group => {
    const [first, second] = group.filter(key => own[key] !== undefined);
    return first === undefined || second === undefined
      ? []
      : [error([...path, second], `${second} stands beside ${first}`, 'Keep one of them', { onKey: true })];
  });
