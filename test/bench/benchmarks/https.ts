import type { Benchmark, Context } from '../benchmark.ts';
import { captureRequest } from '../harness/capture-request.ts';
import { AUTHORITY_FILE } from '../harness/certificates.ts';
import { runClient, withServer } from '../harness/child.ts';
import { ENDPOINTS, flatOut, WINDOW } from './flat-out.ts';

const yamlOf = (address: string, scheme = 'http'): string => `
${address}/status:
  scheme: ${scheme}
  interval: 1s
  response_json_values: [status]
  success_test: status_code == 200 && json.status == "ok"
${scheme === 'https' ? `  ca_file: ${AUTHORITY_FILE}` : ''}
`;

const run = (context: Context) =>
  withServer(context, { server: 'https' }, async ({ port, keptAnswerBytes: answerBytes }) => {
    const bare = { count: ENDPOINTS, port, request: await captureRequest(yamlOf), answerBytes, ...WINDOW };
    return flatOut(context, {
      benchmark: 'https',
      yaml: yamlOf(`127.0.0.1:${port}`, 'https'),
      everyMs: 1,
      distinct: false,
      references: [
        { name: 'bare TLS socket', run: () => runClient(context, { client: 'bare-https', ...bare }) },
      ],
    });
  });

export const https: Benchmark = {
  measures: 'whole checks over kept TLS connections; the bare socket writes and reads the same',
  inDefaultSuite: true,
  run,
};
