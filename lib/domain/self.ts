import type { Endpoint, EndpointId } from './endpoint.ts';

/** The endpoint that is the monitor itself. */
export const SELF = 'self' as EndpointId;

export const isSelf = ({ check }: Pick<Endpoint, 'check'>): boolean => check.scheme === 'self';
