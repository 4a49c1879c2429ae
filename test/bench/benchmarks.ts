import type { Benchmark } from './benchmark.ts';
import { cold } from './benchmarks/cold.ts';
import { config } from './benchmarks/config.ts';
import { detect } from './benchmarks/detect.ts';
import { dns } from './benchmarks/dns.ts';
import { exec } from './benchmarks/exec.ts';
import { http } from './benchmarks/http.ts';
import { httpFresh } from './benchmarks/http-fresh.ts';
import { https } from './benchmarks/https.ts';
import { httpsFresh } from './benchmarks/https-fresh.ts';
import { idle } from './benchmarks/idle.ts';
import { many } from './benchmarks/many.ts';
import { peers } from './benchmarks/peers.ts';
import { rule } from './benchmarks/rule.ts';
import { store } from './benchmarks/store.ts';
import { tcp } from './benchmarks/tcp.ts';
import { ticks } from './benchmarks/ticks.ts';
import { workers } from './benchmarks/workers.ts';

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
    exec,
    detect,
    store,
    rule,
    ticks,
    config,
    cold,
    workers,
    idle,
    peers,
  }),
);
