import { expect, test } from '@jest/globals';
import { maintenanceAt } from '../../lib/schedule/maintenance.ts';

const at = (text: string): number => Date.parse(text);

test('a range holds from its start up to its end', () => {
  const inMaintenance = maintenanceAt([
    { kind: 'range', fromMs: at('2026-11-20T02:00:00Z'), toMs: at('2026-11-20T03:00:00Z') },
  ]);
  expect(inMaintenance(at('2026-11-20T01:59:59.999Z'))).toBe(false);
  expect(inMaintenance(at('2026-11-20T02:00:00Z'))).toBe(true);
  expect(inMaintenance(at('2026-11-20T03:00:00Z'))).toBe(false);
});

test('a cron window holds for its duration after each instant, in its time zone', () => {
  const inMaintenance = maintenanceAt([
    { kind: 'cron', expression: '30 22 * * 5', timezone: 'Europe/Berlin', durationMs: 2 * 3_600_000 },
  ]);
  expect(inMaintenance(at('2026-11-20T21:29:59Z'))).toBe(false);
  expect(inMaintenance(at('2026-11-20T21:30:00Z'))).toBe(true);
  expect(inMaintenance(at('2026-11-20T23:29:59Z'))).toBe(true);
  expect(inMaintenance(at('2026-11-20T23:30:00Z'))).toBe(false);
});

test('without windows it is never maintenance', () => {
  expect(maintenanceAt([])(at('2026-11-20T00:00:00Z'))).toBe(false);
});
