import { get } from 'node:http';

/** The least that a process of Node does before its first check: it starts and asks. */
get(process.argv[2] ?? '', answer => answer.resume());
