module.exports = class MusterPlugin {
  constructor() {
    this.hooks = {};
  }
};
