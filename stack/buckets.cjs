/*
 * The ARNs of the buckets that runs work with, for the policies of the roles: the bucket of the results, which is the
 * stack's own or the one that `--param bucket` names, and what `--param dataBuckets` adds for reading.
 */

/** @typedef {{ resolveVariable: (address: string) => Promise<unknown> }} Variables */

const namePattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** @param {unknown} text @param {string} parameter */
function namesIn(text, parameter) {
  const names = String(text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.filter((name) => !namePattern.test(name));
  if (wrong.length > 0)
    throw new Error(`--param ${parameter}: ${wrong.join(', ')}: expected names of buckets, such as my-survey-data`);
  return names;
}

/** @param {string} name @param {string} suffix */
const arnOfName = (name, suffix) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${name}${suffix}` });

/** @param {Variables} variables */
async function namedBucket({ resolveVariable }) {
  const names = namesIn(await resolveVariable('param:bucket'), 'bucket');
  if (names.length > 1) throw new Error(`--param bucket: takes one bucket, not ${names.length}`);
  return names[0];
}

/** @param {Variables} variables @param {string} suffix */
async function resultArn(variables, suffix) {
  const name = await namedBucket(variables);
  return name === undefined ? { 'Fn::Sub': `\${DataBucket.Arn}${suffix}` } : arnOfName(name, suffix);
}

/** @param {Variables} variables @param {string} suffix */
async function everyArn(variables, suffix) {
  const others = namesIn(await variables.resolveVariable('param:dataBuckets'), 'dataBuckets');
  return [await resultArn(variables, suffix), ...others.map((name) => arnOfName(name, suffix))];
}

/** Name of the bucket of the results. @param {Variables} variables */
module.exports.resultBucketName = async (variables) => (await namedBucket(variables)) ?? { Ref: 'DataBucket' };
/** @param {Variables} variables */
module.exports.resultBucket = (variables) => resultArn(variables, '');
/** @param {Variables} variables */
module.exports.resultObjects = (variables) => resultArn(variables, '/*');
/** @param {Variables} variables */
module.exports.buckets = (variables) => everyArn(variables, '');
/** @param {Variables} variables */
module.exports.objects = (variables) => everyArn(variables, '/*');
