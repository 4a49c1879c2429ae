import type { Context } from '../benchmark.ts';
import type { Outage, OutageReport } from '../servers/outage.ts';
import { withServer } from './child.ts';

export type Outages = {
  readonly port: number;
  readonly webhook: string;
  readonly breakDown: (outage: Outage) => Promise<void>;
  readonly heal: () => Promise<void>;
  readonly report: () => Promise<OutageReport>;
};

/** Runs services that can break, and the receiver of what is told of them, as long as `use` lasts. */
export const withOutages = <T>(context: Context, use: (outages: Outages) => Promise<T>): Promise<T> =>
  withServer(context, { server: 'outages' }, ({ port, controlPort }) => {
    const control = `http://127.0.0.1:${controlPort}`;
    const ask = async (path: string): Promise<OutageReport> =>
      (await (await fetch(control + path)).json()) as OutageReport;
    return use({
      port,
      webhook: `${control}/hook`,
      breakDown: async outage => {
        await ask(`/break?outage=${JSON.stringify(outage)}`);
      },
      heal: async () => {
        await ask('/heal');
      },
      report: () => ask('/report'),
    });
  });
