import type { Benchmark, Context } from '../benchmark.ts';
import { captureRequest } from '../harness/capture-request.ts';
import { runClient, withServer } from '../harness/child.ts';
import { atLeast, atMost, withGoals } from '../harness/measurement.ts';
import { ENDPOINTS, flatOut, WINDOW } from './flat-out.ts';

const yamlOf = (address: string): string => `
${address}/status:
  scheme: http
  interval: 1s
  response_json_values: [status]
  success_test: status_code == 200 && json.status == "ok"
`;

const run = (context: Context) =>
  withServer(context, { server: 'http' }, async ({ port, keptAnswerBytes: answerBytes }) => {
    const bare = { count: ENDPOINTS, port, request: await captureRequest(yamlOf), answerBytes, ...WINDOW };
    const [ours, ...references] = await flatOut(context, {
      benchmark: 'http',
      yaml: yamlOf(`127.0.0.1:${port}`),
      everyMs: 0.25,
      distinct: true,
      references: [
        { name: 'bare socket', run: () => runClient(context, { client: 'bare-http', ...bare }) },
        { name: 'undici dispatch', run: () => runClient(context, { client: 'undici-dispatch', ...bare }) },
      ],
    });
    if (!ours) return references;
    return [
      withGoals(ours, [
        atMost('CPU per check against the bare socket', ours.ratio?.times.median, 1.8, '×'),
        atLeast('checks a second on one core', ours.figures.perSecond?.median, 45_000),
      ]),
      ...references,
    ];
  });

export const http: Benchmark = {
  measures: `whole checks over ${ENDPOINTS} kept connections: request, body, JSON, CEL test, events, histograms, rule`,
  inDefaultSuite: true,
  run,
};
