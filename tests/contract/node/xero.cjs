// What a program with xero-node does in a day, told as one JSON object. The address of the accounting API is a setting of the client;
// sign-in and connections go to fixed addresses, which to_the_sandbox.cjs leads to the stand-in.
'use strict';
const { XeroClient } = require('xero-node');

const told = JSON.parse(process.argv[2]);
const client = new XeroClient({
  clientId: told.clientId, clientSecret: told.clientSecret, redirectUris: ['http://localhost:8765/callback'], state: 'a-state',
  scopes: ['offline_access', 'accounting.invoices', 'accounting.manualjournals', 'accounting.contacts', 'accounting.settings.read'],
});
client.accountingApi.basePath = `${told.address}/api.xro/2.0`;
const api = client.accountingApi;
const UNASKED = undefined;
const ALL = false; // summarizeErrors: each element is answered on its own
const refusal = call => call.then(() => null, text => {
  const error = JSON.parse(text);
  return { status: error.response.statusCode, message: error.body.Message };
});

async function consent() {
  const page = await fetch((await client.buildConsentUrl()), { redirect: 'manual' });
  await client.apiCallback(page.headers.get('location'));
  return (await client.updateTenants())[0];
}

function invoice(number, contactID, option, account = '4100') {
  return {
    type: 'ACCREC', invoiceNumber: number, contact: { contactID }, date: '2026-02-20', dueDate: '2026-03-22', status: 'AUTHORISED',
    lineAmountTypes: 'Exclusive',
    lineItems: [{ description: 'Labor of Kim', quantity: 1.5, unitAmount: 45, accountCode: account, taxType: 'NONE', tracking: [option] }],
  };
}

const journal = (status, amount, credit = amount) => ({
  narration: 'Leaking pump', date: '2026-02-20', status, lineAmountTypes: 'NoTax',
  journalLines: [{ lineAmount: amount, accountCode: '6100' }, { lineAmount: -credit, accountCode: '2150' }],
});

async function main() {
  const result = {};
  const tenant = await consent();
  const id = tenant.tenantId;
  result.tenant = { name: tenant.tenantName, currency: tenant.orgData.baseCurrency, count: client.tenants.length };

  const accounts = (await api.getAccounts(id)).body.accounts;
  result.accounts = Object.fromEntries(accounts.filter(one => ['6100', '2150'].includes(one.code)).map(one => [one.code, one.name]));
  result.oneAccount = (await api.getAccounts(id, UNASKED, 'Code=="6100"')).body.accounts.length;
  const categories = (await api.getTrackingCategories(id)).body.trackingCategories;
  result.tracking = Object.fromEntries(categories.map(one => [one.name, one.options.map(option => option.name)]));
  const option = { name: categories[0].name, option: categories[0].options[0].name };

  const contacts = await api.createContacts(id, { contacts: [{ name: 'Harbour Mill' }] }, ALL, 'contact-key');
  const contact = contacts.body.contacts[0].contactID;
  result.contacts = (await api.getContacts(id, UNASKED, 'Name=="Harbour Mill"')).body.contacts.map(one => one.contactID === contact);

  const both = { invoices: [invoice('NODE-1', contact, option), invoice('NODE-2', contact, option, '9999')] };
  const made = (await api.createInvoices(id, both, ALL, 4, 'invoice-key')).body.invoices;
  const again = (await api.createInvoices(id, both, ALL, 4, 'invoice-key')).body.invoices;
  result.each = Object.fromEntries(made.map(one => [one.invoiceNumber, [one.hasErrors, (one.validationErrors || []).length > 0]]));
  result.same = made.map(one => one.invoiceID).join() === again.map(one => one.invoiceID).join();
  result.otherBody = await refusal(api.createInvoices(id, { invoices: [invoice('NODE-3', contact, option)] }, ALL, 4, 'invoice-key'));
  result.summarized = await refusal(api.createInvoices(id, { invoices: [invoice('NODE-4', contact, option, '9999')] }, true, 4, 'other-key'));
  const good = made.find(one => one.invoiceNumber === 'NODE-1');
  const read = (await api.getInvoice(id, good.invoiceID, 4)).body.invoices[0];
  result.invoice = { number: read.invoiceNumber, total: read.total, date: read.date, status: read.status, contact: read.contact.name,
    tracking: read.lineItems[0].tracking.map(one => [one.name, one.option]) };
  const listed = await api.getInvoices(id, UNASKED, UNASKED, UNASKED, UNASKED, ['NODE-1', 'NODE-2']);
  result.listed = listed.body.invoices.map(one => one.invoiceNumber);

  const draft = (await api.createManualJournals(id, { manualJournals: [journal('DRAFT', 112.45)] }, ALL, 'journal-key')).body.manualJournals[0];
  const post = { manualJournals: [{ manualJournalID: draft.manualJournalID, narration: 'Leaking pump', status: 'POSTED' }] };
  await api.updateManualJournal(id, draft.manualJournalID, post, 'post-key');
  const posted = (await api.getManualJournal(id, draft.manualJournalID)).body.manualJournals[0];
  result.journal = { status: posted.status, lines: posted.journalLines.map(line => line.lineAmount).sort((a, b) => a - b) };
  const byWords = await api.getManualJournals(id, UNASKED, 'Narration=="Leaking pump"');
  result.byWords = byWords.body.manualJournals.map(one => one.manualJournalID === draft.manualJournalID);
  result.unbalanced = await refusal(api.createManualJournals(id, { manualJournals: [journal('POSTED', 10, 11)] }, true, 'bad-key'));

  const before = client.readTokenSet().refresh_token;
  await client.refreshToken();
  result.rotated = client.readTokenSet().refresh_token !== before;
  await client.disconnect(tenant.id);
  result.left = (await client.updateTenants(false)).length;
  return result;
}

main().then(result => console.log(JSON.stringify(result)), error => {
  console.error(error);
  process.exit(1);
});
