/** The integration by which a task calls a function. */
export const invoke = 'arn:aws:states:::lambda:invoke';
