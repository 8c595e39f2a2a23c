"""The portal: what the owner of a mailbox does with a browser, by HTTPS.

server (HTTP) ──► sessions, attempts, accounts (who is it?) ──► owner (what may he do?) ──► pages

Nothing of it is imported, and nothing listens, unless `network.web` is written.
"""
