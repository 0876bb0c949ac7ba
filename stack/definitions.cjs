const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** The state machine as text, to the byte what the embedded cloud interprets: CloudFormation would not keep the types of an object's numbers. */
module.exports.inference = () => readFileSync(join(__dirname, '..', 'statemachine', 'inference.asl.json'), 'utf8');
/** The script of the first boot of the rendezvous host, without the lines that set its variables. */
module.exports.rendezvousHost = () => readFileSync(join(__dirname, 'rendezvousHost.sh'), 'utf8');
