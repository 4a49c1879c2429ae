import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { LocalAws, Template } from './local-aws.ts';

const SECRET = /\{\{resolve:secretsmanager:([^:}]+)\}\}/g;

// biome-ignore lint/suspicious/noExplicitAny: a template's values.
type Any = any;

/** What CloudFormation does with a template's connections, API destinations and their rules, by calls. Each destination
 *  gets the path of its own on `receiver` instead of its https address. */
export const createWebhooks = async (
  { eventbridge, secrets }: LocalAws,
  { Resources }: Template,
  { bus, receiver }: { readonly bus: string; readonly receiver: string },
): Promise<void> => {
  const ofType = (type: string) =>
    Object.entries(Resources).flatMap(([id, resource]) =>
      resource.Type === type ? [{ id, properties: resource.Properties }] : [],
    );

  const withSecrets = async (properties: Any): Promise<Any> => {
    let text = JSON.stringify(properties);
    for (const [reference, name] of text.matchAll(SECRET)) {
      const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: name }));
      text = text.replace(reference, JSON.stringify(SecretString).slice(1, -1));
    }
    return JSON.parse(text);
  };

  const arns = new Map<string, string>();
  for (const { id, properties } of ofType('AWS::Events::Connection')) {
    const { AuthorizationType, AuthParameters } = await withSecrets(properties);
    const made = await eventbridge.send(
      new CreateConnectionCommand({ Name: `${bus}-${id}`.slice(-64), AuthorizationType, AuthParameters }),
    );
    arns.set(id, made.ConnectionArn ?? '');
  }
  const arnOf = (reference: Any): string => arns.get(reference['Fn::GetAtt'][0]) ?? '';
  for (const { id, properties } of ofType('AWS::Events::ApiDestination')) {
    const { Name, HttpMethod, InvocationEndpoint, InvocationRateLimitPerSecond, ConnectionArn } = properties;
    const { pathname, search } = new URL(InvocationEndpoint);
    const made = await eventbridge.send(
      new CreateApiDestinationCommand({
        ...{ Name, HttpMethod, InvocationRateLimitPerSecond },
        ConnectionArn: arnOf(ConnectionArn),
        InvocationEndpoint: `${receiver}${pathname}${search}`,
      }),
    );
    arns.set(id, made.ApiDestinationArn ?? '');
  }
  for (const { id, properties } of ofType('AWS::Events::Rule')) {
    const rule = { EventBusName: bus, Name: id };
    const EventPattern = JSON.stringify(properties.EventPattern);
    await eventbridge.send(new PutRuleCommand({ ...rule, EventPattern }));
    const Targets = properties.Targets.map(({ Arn, Id, InputPath, HttpParameters, RetryPolicy }: Any) => ({
      ...{ Id, InputPath, HttpParameters, RetryPolicy },
      Arn: arnOf(Arn),
      RoleArn: 'arn:aws:iam::123456789012:role/deliveries',
    }));
    await eventbridge.send(new PutTargetsCommand({ Rule: id, EventBusName: bus, Targets }));
  }
};
