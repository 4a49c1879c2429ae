import { cpus, release, totalmem } from 'node:os';
import type { Cores } from './cores.ts';

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly pinned: Cores | null;
  readonly startedAt: string;
};

export const describeMachine = (pinned: Cores | null): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  pinned,
  startedAt: new Date().toISOString(),
});

export const machineText = ({ cpu, cores, memoryGb, kernel, node, pinned, startedAt }: Machine): string =>
  [
    `${cores} × ${cpu}, ${memoryGb} GB, Linux ${kernel}, Node ${node.slice(1)}, ${startedAt.slice(0, 16)}Z`,
    pinned
      ? `what is measured runs on core ${pinned.client}, what it talks to on core ${pinned.server}`
      : 'processes are not pinned to cores (no taskset, or one core): expect noise',
  ].join('; ');
