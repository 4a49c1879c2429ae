import type { EndpointId } from '../domain/endpoint.ts';

/** Empty for a name without any letter or digit. */
export const toId = (name: string): EndpointId =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') as EndpointId;

export const SELF = 'self' as EndpointId;
