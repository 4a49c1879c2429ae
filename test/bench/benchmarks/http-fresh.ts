import type { Benchmark, Context } from '../benchmark.ts';
import { captureRequest } from '../harness/capture-request.ts';
import { runClient, withServer } from '../harness/child.ts';
import { atMost, withGoals } from '../harness/measurement.ts';
import { ENDPOINTS, flatOut, WINDOW } from './flat-out.ts';

const yamlOf = (address: string): string => `
${address}/status:
  scheme: http
  interval: 1s
  fresh_connection: true
  response_json_values: [status]
  success_test: status_code == 200 && json.status == "ok"
`;

const run = (context: Context) =>
  withServer(context, { server: 'http' }, async ({ port, lastAnswerBytes: answerBytes }) => {
    const bare = { count: ENDPOINTS, port, request: await captureRequest(yamlOf), answerBytes, ...WINDOW };
    const [ours, ...references] = await flatOut(context, {
      benchmark: 'http-fresh',
      yaml: yamlOf(`127.0.0.1:${port}`),
      everyMs: 3,
      // Of one address, the ports of closed connections run out within seconds.
      distinct: true,
      references: [
        { name: 'bare loop', run: () => runClient(context, { client: 'bare-http-fresh', ...bare }) },
      ],
    });
    if (!ours) return references;
    const goal = atMost('CPU per check against the bare loop', ours.ratio?.times.median, 1.5, '×');
    return [withGoals(ours, [goal]), ...references];
  });

export const httpFresh: Benchmark = {
  measures: 'whole checks with a new TCP connection each; the bare loop connects, asks, reads and closes',
  inDefaultSuite: true,
  run,
};
