import { createRequire } from 'node:module';
import languageServices from 'amazon-states-language-service';

const require = createRequire(import.meta.url);

/** asl-validator brings no types. */
const aslValidator: (
  definition: object,
  options: { checkPaths: boolean; checkArn: boolean },
) => { isValid: boolean; errors: { 'Error code': string }[] } = require('asl-validator');

/**
 * What the two validators of the States Language say against a definition: AWS's own language service, and
 * asl-validator. Each finds what the other misses; a definition that both accept gives an empty list.
 */
export async function validateWithBoth(definition: object): Promise<string[]> {
  const text = JSON.stringify(definition, null, 2);
  return [...(await languageServiceComplaints(text)), ...validatorComplaints(text)];
}

async function languageServiceComplaints(text: string): Promise<string[]> {
  const service = languageServices.getLanguageService({});
  const document = languageServices.TextDocument.create('definition.asl.json', 'json', 1, text);
  const diagnostics = await service.doValidation(document, service.parseJSONDocument(document));
  return diagnostics.map(({ message, range }) => {
    const line = text.split('\n')[range.start.line]?.trim() ?? '';
    return `language service, line ${range.start.line + 1} (${line}): ${message}`;
  });
}

/** The validator writes into what it checks, so it gets a copy of its own. */
function validatorComplaints(text: string): string[] {
  const { isValid, errors } = aslValidator(JSON.parse(text), { checkPaths: true, checkArn: true });
  return isValid ? [] : errors.map((error) => `asl-validator: ${error['Error code']}: ${JSON.stringify(error)}`);
}
