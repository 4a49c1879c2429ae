import type { EndpointId } from '../../domain/endpoint.ts';
import type { Ticks } from '../../domain/ticks.ts';

/** What was counted up to an instant: whoever takes the endpoints over goes on from there, and what came due since
 *  then was missed. So `due` counts on over a change of owner. */
export type CountedTicks = { readonly atMs: number; readonly ticks: ReadonlyMap<EndpointId, Ticks> };
