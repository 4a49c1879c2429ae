import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { sweepDeployment } from './sweep-deployment.ts';
import { logger, wired } from './wiring.ts';

export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger))
  .handler((_, context) =>
    sweepDeployment(wired, { id: context.awsRequestId, remainingMs: context.getRemainingTimeInMillis() }),
  );
