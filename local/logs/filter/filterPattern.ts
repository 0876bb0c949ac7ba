import { parseJsonPattern } from './jsonPattern.js';
import { expressionTest, invalid, type MessageTest } from './messageTest.js';

/** One term of a text pattern: a word, a quoted phrase, or a regular expression between percent signs. */
const termPattern = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"%]+))(?=\s|$)/y;

/** What a word may hold without quotes. */
const plainWord = /^[\w@#.:/-]+$/;

/**
 * Compiles a filter pattern of CloudWatch Logs: terms that must all occur, `"quoted phrases"`, `-exclusions`, `?one`
 * `?or` `?the other`, `%regular expressions%`, and JSON patterns in braces. Terms are sensitive to case.
 *
 * Optional terms count only where no other term is given, as in the real service.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * @throws InvalidParameterError for every other pattern, such as those in square brackets.
 */
export function compileFilterPattern(pattern: string): MessageTest {
  const text = pattern.trim();
  if (text === '' || text === '""') return () => true;
  if (text.startsWith('{')) return parseJsonPattern(text);
  if (text.startsWith('[')) throw invalid(pattern, 'patterns for space-delimited events are not supported');
  const required: MessageTest[] = [];
  const excluded: MessageTest[] = [];
  const optional: MessageTest[] = [];
  for (const { sign, test } of termsOf(pattern, text)) {
    if (sign === '-') excluded.push(test);
    else if (sign === '?') optional.push(test);
    else required.push(test);
  }
  return (message) => {
    if (excluded.some((test) => test(message))) return false;
    if (required.length > 0) return required.every((test) => test(message));
    return optional.length === 0 || optional.some((test) => test(message));
  };
}

function* termsOf(pattern: string, text: string): Generator<{ sign: string; test: MessageTest }> {
  let position = 0;
  while (position < text.length) {
    termPattern.lastIndex = position;
    const match = termPattern.exec(text);
    if (!match) throw invalid(pattern, `cannot read it from "${text.slice(position, position + 20)}" on`);
    const [whole, sign = '', quoted, expression, word] = match;
    if (expression !== undefined) yield { sign, test: expressionTest(pattern, expression) };
    else if (quoted !== undefined) yield { sign, test: containing(quoted.replace(/\\(.)/g, '$1')) };
    else if (word !== undefined && plainWord.test(word)) yield { sign, test: containing(word) };
    else throw invalid(pattern, `the term ${word} must be put in double quotes`);
    position += whole.length;
    while (/\s/.test(text[position] ?? '')) position++;
  }
}

function containing(term: string): MessageTest {
  return (message) => message.includes(term);
}
