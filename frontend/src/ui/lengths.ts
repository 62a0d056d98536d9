// The longest texts that the API takes, in characters.

export const NAME_MAX = 200;
export const TEXT_MAX = 2_000;
