"""Every request of a relying party, by subject: what is sent, and what the answer is read as."""
