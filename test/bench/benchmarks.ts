import type { Benchmark } from './benchmark.ts';
import { detect } from './benchmarks/detect.ts';
import { dns } from './benchmarks/dns.ts';
import { http } from './benchmarks/http.ts';
import { httpFresh } from './benchmarks/http-fresh.ts';
import { https } from './benchmarks/https.ts';
import { httpsFresh } from './benchmarks/https-fresh.ts';
import { many } from './benchmarks/many.ts';
import { store } from './benchmarks/store.ts';
import { tcp } from './benchmarks/tcp.ts';

/** In the order in which they run. */
export const benchmarks: ReadonlyMap<string, Benchmark> = new Map(
  Object.entries({
    http,
    'http-fresh': httpFresh,
    https,
    'https-fresh': httpsFresh,
    tcp,
    dns,
    many,
    detect,
    store,
  }),
);
