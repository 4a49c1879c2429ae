/** Why the system did not start a program. */
export const startError = (error: unknown, program: string): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return `there is no program "${program}"`;
    case 'EACCES':
      return `"${program}" may not be run: it is not executable, or a folder`;
    case 'E2BIG':
      return 'the arguments and the environment are too long';
    case 'ENOEXEC':
      return `"${program}" is not a program: does its first line lack "#!"?`;
    case 'EAGAIN':
    case 'ENOMEM':
      return 'the system cannot start more processes';
    case 'EMFILE':
    case 'ENFILE':
      return 'the monitor has too many files and connections open: raise its limit (ulimit -n)';
    default:
      return `"${program}" cannot be started: ${message}`;
  }
};
