// What a program with node-quickbooks does in a day, told as one JSON object. Only the client's own settings say where the stand-in is.
'use strict';
const QuickBooks = require('node-quickbooks');

const told = JSON.parse(process.argv[2]);
QuickBooks.V3_ENDPOINT_BASE_URL = `${told.address}/v3/company/`;
QuickBooks.TOKEN_URL = `${told.address}/oauth2/v1/tokens/bearer`;
const isSandbox = true;
const client = new QuickBooks(
  told.clientId, told.clientSecret, '', false, told.company, isSandbox, false, 75, '2.0', told.refreshToken,
);
const ask = (method, ...given) =>
  new Promise((resolve, reject) =>
    client[method](...given, (error, answer) => (error ? reject(error) : resolve(answer))));
const refusal = (method, ...given) =>
  ask(method, ...given).then(() => null, error => ({ status: error.response.status, code: error.response.data.Fault.Error[0].code }));

function journal(number, amount, credit = amount) {
  const line = (side, account, money) => ({
    Amount: money, DetailType: 'JournalEntryLineDetail',
    JournalEntryLineDetail: { PostingType: side, AccountRef: { value: account } },
  });
  return { DocNumber: number, TxnDate: '2026-02-20', PrivateNote: 'Leaking pump',
    Line: [line('Debit', told.debit, amount), line('Credit', told.credit, credit)] };
}

async function main() {
  const result = {};
  const tokens = await ask('refreshAccessToken');
  result.tokenType = tokens.token_type;

  const byNumber = await ask('findAccounts', [{ field: 'AcctNum', value: ['6100', '2150'], operator: 'IN' }, { field: 'limit', value: 10 }]);
  const accounts = Object.fromEntries(byNumber.QueryResponse.Account.map(account => [account.AcctNum, account]));
  result.accounts = { 6100: accounts['6100'].Name, 2150: accounts['2150'].Name };
  [told.debit, told.credit] = [accounts['6100'].Id, accounts['2150'].Id];
  result.count = (await ask('findAccounts', { count: true })).QueryResponse.totalCount;
  result.all = (await ask('findAccounts', { fetchAll: true, limit: 5 })).QueryResponse.Account.length;
  const [customer] = (await ask('findCustomers', { DisplayName: 'Riverside Apartments' })).QueryResponse.Customer;
  const [item] = (await ask('findItems', { Name: 'Maintenance labor' })).QueryResponse.Item;
  result.company = (await ask('getCompanyInfo', told.company)).CompanyName;
  result.customNumbers = (await ask('getPreferences')).SalesFormsPrefs.CustomTxnNumbers;

  const invoice = () => ({
    DocNumber: 'NODE-1', TxnDate: '2026-02-20', CustomerRef: { value: customer.Id }, requestId: 'n'.repeat(32),
    Line: [{ Amount: 67.5, DetailType: 'SalesItemLineDetail', Description: 'Labor of Kim',
      SalesItemLineDetail: { ItemRef: { value: item.Id }, Qty: 1.5, UnitPrice: 45 } }],
  });
  const made = await ask('createInvoice', invoice());
  result.sameInvoice = (await ask('createInvoice', invoice())).Id === made.Id;
  const entry = await ask('createJournalEntry', journal('NODE-2', 112.45));
  result.duplicate = await refusal('createJournalEntry', journal('NODE-2', 1));
  result.unbalanced = await refusal('createJournalEntry', journal('NODE-3', 10, 11));

  const read = await ask('getInvoice', made.Id);
  result.invoice = { number: read.DocNumber, total: read.TotalAmt, customer: read.CustomerRef.value === customer.Id };
  const readEntry = await ask('getJournalEntry', entry.Id);
  result.entry = { number: readEntry.DocNumber, lines: readEntry.Line.map(line => [line.JournalEntryLineDetail.PostingType, line.Amount]) };
  const found = await ask('findInvoices', [{ field: 'DocNumber', value: 'node-1' }, { field: 'TxnDate', value: '2026-02-01', operator: '>=' }]);
  result.found = found.QueryResponse.Invoice.map(one => one.Id === made.Id);

  const batch = await ask('batch', [
    { bId: 'a', operation: 'create', JournalEntry: journal('NODE-4', 10) },
    { bId: 'b', operation: 'create', JournalEntry: journal('NODE-5', 10, 11) },
    { bId: 'c', Query: "select * from JournalEntry where DocNumber = 'NODE-2'" },
  ]);
  const answers = Object.fromEntries(batch.BatchItemResponse.map(answer => [answer.bId, answer]));
  result.batch = { a: answers.a.JournalEntry.DocNumber, b: answers.b.Fault.Error[0].code, c: answers.c.QueryResponse.JournalEntry[0].Id === entry.Id };

  const changed = await ask('updateInvoice', { Id: made.Id, SyncToken: made.SyncToken, sparse: true, PrivateNote: 'Looked at' });
  result.changed = [changed.SyncToken, changed.PrivateNote, changed.TotalAmt];
  await ask('deleteJournalEntry', answers.a.JournalEntry.Id);
  const since = new Date(Date.parse(told.since));
  const captured = await ask('changeDataCapture', ['Invoice', 'JournalEntry'], since);
  const parts = Object.assign({}, ...captured.CDCResponse[0].QueryResponse);
  result.captured = {
    invoices: parts.Invoice.map(one => one.DocNumber),
    entries: parts.JournalEntry.map(one => one.status === 'Deleted' ? 'deleted' : one.DocNumber),
  };
  result.voided = (await ask('voidInvoice', changed)).Invoice.TotalAmt;
  return result;
}

main().then(result => console.log(JSON.stringify(result)), error => {
  console.error(error.response ? JSON.stringify(error.response.data) : error);
  process.exit(1);
});
