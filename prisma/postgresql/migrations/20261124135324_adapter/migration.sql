-- AlterTable
ALTER TABLE "Mapping" ADD COLUMN     "adapter" TEXT NOT NULL DEFAULT 'turns';
