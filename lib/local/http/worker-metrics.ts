import { Counter, Gauge, type Registry } from 'prom-client';
import type { Source } from './source.ts';

/** Metrics of the processes that share the endpoints; none where the monitor is one process. */
export const createWorkerMetrics = (registry: Registry) => {
  const registers = [registry];
  const labelNames = ['worker'] as const;
  const workers = new Gauge({
    name: 'peregrine_workers',
    help: 'Processes that share the endpoints; 0 where one does all.',
    registers,
  });
  const endpoints = new Gauge({
    name: 'peregrine_worker_endpoints',
    help: 'Endpoints that a worker runs.',
    labelNames,
    registers,
  });
  const memory = new Gauge({
    name: 'peregrine_worker_resident_memory_bytes',
    help: 'Resident memory of a worker.',
    labelNames,
    registers,
  });
  const cpu = new Counter({
    name: 'peregrine_worker_cpu_seconds_total',
    help: 'CPU time of a worker, user and system.',
    labelNames,
    registers,
  });

  return ({ workers: read }: Source): void => {
    const all = read?.() ?? [];
    workers.set(all.length);
    for (const metric of [endpoints, memory, cpu]) metric.reset();
    for (const one of all) {
      const labels = { worker: String(one.number) };
      endpoints.set(labels, one.endpoints);
      memory.set(labels, one.residentBytes);
      cpu.inc(labels, one.cpuS);
    }
  };
};
