import { Cron } from 'croner';

/** The first instant of a cron expression after the given one, in ms; Infinity when there is none. */
export const cronInstants = (expression: string, timezone: string): ((afterMs: number) => number) => {
  const cron = new Cron(expression, { timezone, paused: true });
  return afterMs => cron.nextRun(new Date(Math.floor(afterMs)))?.getTime() ?? Number.POSITIVE_INFINITY;
};
