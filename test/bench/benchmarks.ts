import type { Benchmark } from './benchmark.ts';
import { http } from './benchmarks/http.ts';

/** In the order in which they run. */
export const benchmarks: ReadonlyMap<string, Benchmark> = new Map(Object.entries({ http }));
