import type { EndpointId } from '../../domain/endpoint.ts';

/** Empty for a name without any letter or digit. */
export const toId = (name: string): EndpointId => {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  // Once in memory, not twice.
  return (id === name ? name : id) as EndpointId;
};
