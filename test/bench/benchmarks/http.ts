import type { Benchmark, Context } from '../benchmark.ts';
import { captureRequest } from '../harness/capture-request.ts';
import { runClient, startServer } from '../harness/child.ts';
import { endpointOf } from '../harness/endpoint.ts';
import { atLeast, atMost, measurementOf, withGoals } from '../harness/measurement.ts';
import { interleaved } from '../harness/rounds.ts';

const COUNT = 64;
/** More than a core can do: 128,000 checks a second are due. */
const EVERY_MS = 0.5;
const WINDOW = { warmUpMs: 1500, measureMs: 2500 };

const httpYaml = (address: string): string => `
${address}/status:
  scheme: http
  interval: 1s
  response_json_values: [status]
  success_test: status_code == 200 && json.status == "ok"
`;

const run = async (context: Context) => {
  const request = await captureRequest(httpYaml);
  const server = await startServer(context, { server: 'http' });
  const { port, keptAnswerBytes: answerBytes } = server;
  const template = endpointOf(httpYaml(`127.0.0.1:${port}`));
  const bare = { count: COUNT, port, request, answerBytes, ...WINDOW };
  const loop = {
    template,
    count: COUNT,
    everyMs: EVERY_MS,
    distinct: true,
    spans: 'answer',
    ...WINDOW,
  } as const;
  try {
    const [ours, socket, dispatch] = await interleaved(context, 'http', [
      { name: 'Peregrine', run: () => runClient(context, { client: 'check-loop', ...loop }) },
      { name: 'bare socket', run: () => runClient(context, { client: 'bare-http', ...bare }) },
      { name: 'undici dispatch', run: () => runClient(context, { client: 'undici-dispatch', ...bare }) },
    ]);
    if (!ours || !socket || !dispatch) return [];
    const whole = measurementOf(ours, 'check', socket);
    return [
      withGoals(whole, [
        atMost('CPU per check against the bare socket', whole.ratio?.times.median, 1.8, '×'),
        atLeast('checks a second on one core', whole.figures.perSecond?.median, 45_000),
      ]),
      measurementOf(socket, 'exchange', null),
      measurementOf(dispatch, 'exchange', socket),
    ];
  } finally {
    server.stop();
  }
};

export const http: Benchmark = {
  measures: `whole checks over ${COUNT} kept connections: request, body, JSON, CEL test, events, histograms, rule`,
  inDefaultSuite: true,
  run,
};
