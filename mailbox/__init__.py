"""Voicemail: leaving a message, and hearing it again.

line ◄── deposit      somebody leaves a message
     ◄── retrieval    login, listening, personal: an owner hears it; menus says which key does what
            │
          boxes ──►  messages in memory, written before anybody is told; audio in files
"""
