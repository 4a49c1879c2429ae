/** Starts as a sandbox of Lambda does: loads the bundle of a function and gives it one event. */
const [, , bundle = '', jobset = ''] = process.argv;
const { handler } = await import(bundle);
await handler(
  { jobset },
  {
    awsRequestId: 'bench',
    functionName: 'check',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:local:0:function:check',
    memoryLimitInMB: '256',
    getRemainingTimeInMillis: () => 60_000,
  },
);
