import { afterEach, expect, test } from '@jest/globals';
import type { Ticks } from '../../lib/domain/ticks.ts';
import { folderOf, type MonitorProcess, startMonitorProcess } from '../support/monitor-process.ts';

/** A monitor that is given more than any machine does: 200,000 connections a second to a port that nobody listens on. */

const ENDPOINTS = 1000;
const yaml = `self: { interval: 500ms }
${Array.from({ length: ENDPOINTS }, (_, n) => `e${n}: { scheme: tcp, host: 127.0.0.1, port: 9, interval: 5ms }`).join('\n')}
`;

const running: MonitorProcess[] = [];
afterEach(async () => {
  for (const monitor of running.splice(0)) await monitor.end('SIGKILL');
});

test('a monitor that falls behind says how many endpoints fit, once, counts all it missed, and stays up', async () => {
  const monitor = await startMonitorProcess([
    '--endpoints',
    folderOf({ 'a.yml': yaml }),
    '--data',
    ':memory:',
  ]);
  running.push(monitor);
  const told = await monitor.line(line => line.endpoint === 'self' && line.state === 'fail');
  expect(told.error).toMatch(/scaling limit hit: .*, about [\d,]+ of 1,000 endpoints fit/);
  const response = await fetch(`${monitor.url}/health`);
  expect(response.status).toBe(200);
  const health = (await response.json()) as { readonly [field: string]: number };
  expect(health).toMatchObject({ status: 'behind', endpoints: ENDPOINTS, scaling_limit_hit: true });
  expect(health.endpoints_fit).toBeGreaterThan(0);
  expect(health.endpoints_fit).toBeLessThan(ENDPOINTS);
  expect(health.missed_ticks).toBeGreaterThan(0);
  const { endpoints } = (await monitor.get('/api/endpoints?state=fail')) as {
    readonly endpoints: readonly { readonly ticks: Ticks }[];
  };
  expect(endpoints.length).toBeGreaterThan(0);
  for (const { ticks } of endpoints) expect(ticks.due).toBe(ticks.run + ticks.missed);
  await new Promise(resolve => setTimeout(resolve, 1000));
  expect(monitor.lines.filter(line => line.endpoint === 'self' && line.state === 'fail')).toHaveLength(1);
  expect(await monitor.end()).toBe(0);
}, 40_000);
