"""Voicemail: leaving a message, and hearing it again. Not built yet: nothing is here to import."""
