import { CfnConnection } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { ApiKey } from '../domain/target.ts';
import { shortHash } from './short-hash.ts';

/** CloudFormation puts the value in; the template holds the name. A key written out in a file is refused before. */
const secretOf = ({ key }: ApiKey): string =>
  key.kind === 'secret' ? `{{resolve:secretsmanager:${key.secret}}}` : '';

const byHeader = (apiKeyName: string, apiKeyValue: string): CfnConnection.AuthParametersProperty => ({
  apiKeyAuthParameters: { apiKeyName, apiKeyValue },
});

const parametersOf = (apiKey: ApiKey | null, stage: string): CfnConnection.AuthParametersProperty => {
  // A connection needs an authorization, also where the receiver wants none.
  const none = byHeader('x-peregrine-monitor', stage);
  if (apiKey === null) return none;
  switch (apiKey.in) {
    case 'header':
      return byHeader(apiKey.name, secretOf(apiKey));
    case 'bearer':
      return byHeader('Authorization', `Bearer ${secretOf(apiKey)}`);
    case 'basic':
      return { basicAuthParameters: { username: apiKey.name, password: secretOf(apiKey) } };
    case 'query':
      return {
        ...none,
        invocationHttpParameters: {
          queryStringParameters: [{ key: apiKey.name, value: secretOf(apiKey), isValueSecret: true }],
        },
      };
    default:
      return apiKey.in satisfies never;
  }
};

/** How webhooks show who they are: one connection a key, however many webhooks send it. */
export class WebhookConnections extends Construct {
  private readonly made = new Map<string, CfnConnection>();
  private readonly stage: string;

  constructor(scope: Construct, id: string, { stage }: { readonly stage: string }) {
    super(scope, id);
    this.stage = stage;
  }

  sending(apiKey: ApiKey | null): CfnConnection {
    const id = connectionId(apiKey);
    const connection =
      this.made.get(id) ??
      new CfnConnection(this, id, {
        authorizationType: apiKey?.in === 'basic' ? 'BASIC' : 'API_KEY',
        authParameters: parametersOf(apiKey, this.stage),
      });
    this.made.set(id, connection);
    return connection;
  }
}

const connectionId = (apiKey: ApiKey | null): string =>
  apiKey === null ? 'NoKey' : `Key${shortHash(JSON.stringify(apiKey))}`;
