/** What `run.ts` sets for a group of tests. */
const { environment } = globalThis as unknown as { readonly environment: NodeJS.ProcessEnv };
Object.assign(process.env, environment);
