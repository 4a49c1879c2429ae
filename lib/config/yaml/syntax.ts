import { type Document, type ErrorCode, parseDocument, type YAMLError } from 'yaml';

/** A problem by its offset in the text. */
export type SyntaxProblem = { readonly offset: number; readonly message: string; readonly fix: string };

const SEVERAL = 'Leave one document in the file; give the others files of their own';
const INDENT = 'Indent with spaces; keys of one map start in the same column';

/** Own words for each code: the parser's may repeat a part of the file, which may be a secret. */
const words: { readonly [code in ErrorCode]?: readonly [message: string, fix: string] } = {
  ALIAS_PROPS: ['an alias cannot have an anchor or tag', 'Remove the anchor or tag before the "*"'],
  BAD_ALIAS: ['a value that starts with "*" is an alias', 'Put it in quotes: "* * * * *"'],
  BAD_DIRECTIVE: ['this "%" line is not understood', 'Remove it, or put the value in quotes'],
  BAD_DQ_ESCAPE: [
    'this escape does not exist between double quotes',
    'Write "\\\\" for a backslash, or use single quotes',
  ],
  BAD_INDENT: ['the indentation does not fit the lines before', INDENT],
  BAD_PROP_ORDER: [
    'anchors and tags must come right before their value',
    'Move it after the "-", "?" or ":"',
  ],
  BAD_SCALAR_START: ['a plain value cannot start with this character', 'Put the value in quotes'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second ": " is on this line, or the next line is indented below a value',
    'Put the value in quotes, or take the lines below back to the column of their siblings',
  ],
  BLOCK_IN_FLOW: [
    'lines with "- " or "key:" cannot stand between [ ] or { }',
    'Close the bracket, or write one style only',
  ],
  DUPLICATE_KEY: ['a key is given twice', 'Remove one'],
  IMPOSSIBLE: ['this cannot be read', 'Write it more simply'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters', 'Shorten it'],
  MISSING_CHAR: ['something is missing here: a closing quote or bracket, a "," or a ":"', 'Add it'],
  MULTILINE_IMPLICIT_KEY: [
    'a key without ": " and a value, or one that goes over several lines',
    'Write "key: value" on one line',
  ],
  MULTIPLE_ANCHORS: ['a value has two anchors', 'Remove one'],
  MULTIPLE_DOCS: ['a second document starts here', SEVERAL],
  MULTIPLE_TAGS: ['a value has two tags', 'Remove both'],
  NON_STRING_KEY: ['a key must be a text', 'Put it in quotes'],
  RESOURCE_EXHAUSTION: ['the file is too deeply nested', 'Nest at most 32 levels'],
  TAB_AS_INDENT: ['a tab cannot indent', 'Use spaces'],
  TAG_RESOLVE_FAILED: ['tags such as !name are not supported', 'Remove the tag'],
  UNEXPECTED_TOKEN: ['this cannot stand here', 'Put the whole value in quotes'],
};

const inWords = ({ code, pos }: YAMLError): SyntaxProblem => {
  const [message, fix] = words[code] ?? ['this is not YAML', 'Check the lines around it'];
  return { offset: pos[0], message, fix };
};

/** One mistake has several errors behind it: one problem for each line is enough. */
const onePerLine = (text: string, problems: readonly SyntaxProblem[]): readonly SyntaxProblem[] => {
  let end = -1;
  return problems.filter(({ offset }) => {
    if (offset <= end) return false;
    const next = text.indexOf('\n', offset);
    end = next === -1 ? text.length : next;
    return true;
  });
};

/** Runs the parser where it costs least. Each error it makes takes a stack trace: without them a file of a million
 *  errors parses in 2 s instead of 15 s. And it looks into `process.env` at each token, which goes out to native
 *  code: with a plain object in its place 10,000 endpoints parse in four fifths of the time. Synchronous, so that
 *  nobody else sees either. */
const undisturbed = <T>(parse: () => T): T => {
  const { stackTraceLimit } = Error;
  const { env } = process;
  Error.stackTraceLimit = 0;
  process.env = {};
  try {
    return parse();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    process.env = env;
  }
};

/** Parses without ever throwing. Duplicate keys are left to `toData`: the parser looks for them pair by pair. */
export const parseText = (
  text: string,
): { readonly document: Document; readonly problems: readonly SyntaxProblem[] } => {
  const document = undisturbed(() => parseDocument(text, { uniqueKeys: false, prettyErrors: false }));
  const found = [...document.errors, ...document.warnings].map(inWords);
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit && version !== '1.2')
    found.push({ offset: 0, message: `files are YAML 1.2, not ${version}`, fix: 'Remove the %YAML line' });
  return {
    document,
    problems: onePerLine(
      text,
      found.sort((a, b) => a.offset - b.offset),
    ),
  };
};
