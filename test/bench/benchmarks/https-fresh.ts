import type { Benchmark, Context } from '../benchmark.ts';
import { captureRequest } from '../harness/capture-request.ts';
import { AUTHORITY_FILE } from '../harness/certificates.ts';
import { runClient, withServer } from '../harness/child.ts';
import { atMost, withGoals } from '../harness/measurement.ts';
import { ENDPOINTS, flatOut, WINDOW } from './flat-out.ts';

const yamlOf = (address: string, scheme = 'http'): string => `
${address}/status:
  scheme: ${scheme}
  interval: 1s
  fresh_connection: true
  response_json_values: [status]
  success_test: status_code == 200 && json.status == "ok"
${scheme === 'https' ? `  ca_file: ${AUTHORITY_FILE}` : ''}
`;

const run = (context: Context) =>
  withServer(context, { server: 'https' }, async ({ port, lastAnswerBytes: answerBytes }) => {
    const bare = { count: ENDPOINTS, port, request: await captureRequest(yamlOf), answerBytes, ...WINDOW };
    const [ours, ...references] = await flatOut(context, {
      benchmark: 'https-fresh',
      yaml: yamlOf(`127.0.0.1:${port}`, 'https'),
      everyMs: 10,
      distinct: false,
      references: [
        {
          name: 'bare resumed loop',
          run: () => runClient(context, { client: 'bare-https-fresh', resume: true, ...bare }),
        },
        {
          name: 'bare full loop',
          run: () => runClient(context, { client: 'bare-https-fresh', resume: false, ...bare }),
        },
      ],
    });
    if (!ours) return references;
    const goal = atMost('CPU per check against the resumed loop', ours.ratio?.times.median, 1.3, '×');
    return [withGoals(ours, [goal]), ...references];
  });

export const httpsFresh: Benchmark = {
  measures:
    'whole checks with a new TLS connection each; the bare loops do the same with one SecureContext, with and without the last session',
  inDefaultSuite: true,
  run,
};
